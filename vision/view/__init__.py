"""View: whether and where a camera looks: health, presets, stillness, registration."""
