"""Grounding: nothing is shown that the evidence does not bear out.

`check` judges one sentence; `generator.release` applies it to a stream.
"""

from generator.grounding.check import Verdict, check
from generator.grounding.evidence import Ground
from generator.grounding.problems import PROBLEMS
from generator.grounding.sentences import SentenceSplitter, split_sentences

__all__ = ["PROBLEMS", "Ground", "SentenceSplitter", "Verdict", "check", "split_sentences"]
