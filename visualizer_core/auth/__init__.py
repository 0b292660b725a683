"""Who people are: passwords, people, tokens, the throttle, sessions. Services never import it."""
