"""Tasks of the coding domain."""
