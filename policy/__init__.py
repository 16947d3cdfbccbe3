"""The shared engine and the policies it applies. Decides; imports no Flask and nothing of addon."""
