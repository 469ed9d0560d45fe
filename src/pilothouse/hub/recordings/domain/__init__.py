"""Rules of recordings: names, states, retention and the tus protocol. No I/O, no clock."""
