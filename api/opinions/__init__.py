"""Second opinions on cases, by a vision-language model on the site's own network."""
