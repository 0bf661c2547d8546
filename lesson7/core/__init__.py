"""What two models or more use: errors, images, layers, metrics, runtime, training, weights."""
