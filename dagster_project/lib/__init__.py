"""What the definitions are made of: the warehouse file, dbt, quality, publishing. Nothing here defines an
asset.
"""
