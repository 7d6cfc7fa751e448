"""Balance losses of GFlowNets, and their form relative to a prior policy."""
