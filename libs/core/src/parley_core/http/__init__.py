"""What every HTTP listener of Parley has: who may ask it, how many connections, how long they may take."""
