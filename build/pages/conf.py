"""Sphinx over the Markdown pages of the tree: build/site copies them beside this file."""

import os

from docutils import nodes

project = "Shardsum"
author = "The Shardsum maintainers"
copyright = "2026 " + author
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "Shardsum"
html_copy_source = False
html_show_sourcelink = False
myst_heading_anchors = 4
# Pages link files of the tree, which a reader of the site finds in the repository; languages of blocks have marks behind them.
suppress_warnings = ["myst.xref_missing", "misc.highlighting_failure", "toc.not_included", "myst.header"]
exclude_patterns = ["docs/README.md"]
pygments_style = "friendly"
pygments_dark_style = "github-dark"
REPOSITORY = "https://github.com/shardsum/shardsum/blob/main/"


TREE = os.environ["SHARDSUM_TREE"]


def to_repository(app, doctree, name):
    """Links of files that are no page of the site go to the repository."""
    folder = os.path.dirname(app.env.doc2path(name, base=False))
    for link in doctree.findall(nodes.reference):
        target = link.get("refuri") or link.get("refid", "")
        if not target or "://" in target or target.endswith(".html") or ".html#" in target:
            continue
        file = os.path.normpath(os.path.join(folder, target.lstrip("#")))
        if os.path.exists(os.path.join(TREE, file)):
            link.attributes.pop("refid", None)
            link["refuri"] = REPOSITORY + file


def setup(app):
    """Sphinx asks for it."""
    app.connect("doctree-resolved", to_repository)
