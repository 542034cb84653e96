"""Pages for people: headings, paragraphs, tables and figures, as one self-contained HTML file or as Markdown.

In: text and numbers. Out: text of a file. Every text is escaped here, so whoever fills a page need not think of it; no
script, font or image comes from elsewhere. Only ``figures`` needs matplotlib. Imports nothing of glsmed.
"""
