"""What a catalogue file says, as typed values, and the rules that judge it."""
