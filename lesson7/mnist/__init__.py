"""Which digit is it? Convolutional networks on MNIST, from the lesson's to our best."""
