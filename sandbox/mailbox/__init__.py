"""The pretend mailbox: takes every mail by SMTP, and shows them on a page."""
