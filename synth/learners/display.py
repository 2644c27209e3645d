"""How notebooks show the estimators: scikit-learn's diagram, and below it what a fit has found."""


class FoundBelow:
    """A part of an estimator that adds `_found_html()` to scikit-learn's view of it."""

    def _repr_mimebundle_(self, **options):
        views = super()._repr_mimebundle_(**options)
        if "text/html" in views:
            views["text/html"] += self._found_html()
        return views

    @property
    def _repr_html_(self):
        diagram = super()._repr_html_  # an AttributeError if scikit-learn is told to print texts
        return lambda: diagram() + self._found_html()

    def _found_html(self):
        """The search as HTML; nothing before a fit."""
        raise NotImplementedError
