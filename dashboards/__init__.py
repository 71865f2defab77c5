"""The pages. They read the published file and nothing else; how it is made is no business of theirs."""
