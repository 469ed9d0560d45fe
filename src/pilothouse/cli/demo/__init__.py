"""pilothouse demo: the main job, end to end, on a real recorded flight and a simulated arm."""
