"""Make a photograph whole again: U-Nets that undo damage, by three kinds of loss."""
