"""Tests of sweepd/store/columns/."""
