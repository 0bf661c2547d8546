"""Go on counting: number words, predicted one after the other."""
