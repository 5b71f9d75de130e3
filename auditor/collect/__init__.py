"""Collection: an account becomes an inventory. The only room that talks to AWS."""
