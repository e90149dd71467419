"""The resources that a flow file holds beside ways into Flex, by product."""
