"""The rooms of `sample_data/build.py`: how the bundled sample is made."""
