"""Lesson 7, live: four neural networks of fast.ai's Lesson 7, trained, tested and in a browser."""
