"""The engines that come with Sotto. Only workers import them."""
