"""Input of the Storefront's pages."""
