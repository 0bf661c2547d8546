"""Draw bedrooms that never existed: the lesson's Wasserstein GAN, and a modern one."""
