"""What callers may say to one agent: sentences, a vocabulary with pronunciations, and a language model from both."""
