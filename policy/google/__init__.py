"""The doors to Google: the real client library over one transport."""
