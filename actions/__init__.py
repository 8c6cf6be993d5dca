"""What a dialogue step says or asks for: the action server of Rasa, one small module per topic."""
