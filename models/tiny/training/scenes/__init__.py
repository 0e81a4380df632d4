"""Captioned scenes that a program draws: the only data that the embedded model ever sees."""

from .captions import caption, plain_caption
from .render import render, render_marked
from .spec import Scene, Subject, make_scene

__all__ = ["Scene", "Subject", "caption", "make_scene", "plain_caption", "render", "render_marked"]
