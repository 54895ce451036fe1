"""Canned question sets as regression tests: `griot check`, and pytest.

A set (`sets`) is asked (`runner`, through a respondent), each answer is held to what is expected of
it (`checks`), and what came of it (`results`) is measured (`measures`), compared with an earlier
run (`comparison`), kept (`runs`) and shown (`reports`).
"""
