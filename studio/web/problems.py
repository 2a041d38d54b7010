"""Violated rules of the Images API, in the person's language."""

from django.utils.translation import gettext

from studio.images import Problem


def problem_words(problem: Problem) -> str:
    return gettext(problem.message) % problem.values
