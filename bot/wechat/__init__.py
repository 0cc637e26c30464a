"""The WeChat official account: callbacks in, API calls out."""
