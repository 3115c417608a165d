"""Show a phone on a web page, so that anybody can try Onward without a token."""
