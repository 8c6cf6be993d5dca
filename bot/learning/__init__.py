"""The mathematics that is learnt from examples with a known answer: plain numpy, for Rasa's environment and ours."""
