"""Where people knock: the WeChat webhook, pages for patients, the staff console."""
