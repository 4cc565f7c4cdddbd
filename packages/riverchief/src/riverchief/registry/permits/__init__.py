"""Permits 排污许可: who may discharge what, through which outlets and mouths, for how long."""
