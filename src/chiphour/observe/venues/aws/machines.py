"""MACHINES: which GPUs Amazon's machines have, and how many; where Amazon's regions are.

Takes   nothing: these are tables.
Gives   MACHINES: by instance type the card of all its GPUs and their number; SLICES: those that
        have a part of a GPU; CODE_BY_LOCATION: the code of a region by the name in price lists.
Keeps   exactness: a type that is not here is unknown, whatever its family. A card that the
        vocabulary lacks is None: then only the number is known.
Source  https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html
"""

from chiphour.hardware.names import Card

# A card, then machines with their GPUs. The B200 of a P6 shows 179 GB, of its 180.
_ROWS: tuple[tuple[Card | None, str], ...] = (
    (Card("GB200", "", 186), "p6e-gb200.36xlarge:4"),
    (Card("B300", "SXM", 268), "p6-b300.48xlarge:8"),
    (Card("B200", "SXM", 180), "p6-b200.48xlarge:8"),
    (Card("H200", "SXM", 141), "p5e.48xlarge:8 p5en.48xlarge:8"),
    (Card("H100", "SXM", 80), "p5.4xlarge:1 p5.48xlarge:8"),
    (Card("A100", "SXM", 80), "p4de.24xlarge:8"),
    (Card("A100-40", "SXM", 40), "p4d.24xlarge:8"),
    (Card("V100", "SXM", 32), "p3dn.24xlarge:8"),
    (Card("V100", "SXM", 16), "p3.2xlarge:1 p3.8xlarge:4 p3.16xlarge:8"),
    (Card("K80", "", 12), "p2.xlarge:1 p2.8xlarge:8 p2.16xlarge:16"),
    (
        Card("RTXPRO6000", "", 96),
        "g7e.2xlarge:1 g7e.4xlarge:1 g7e.8xlarge:1 g7e.12xlarge:2 g7e.24xlarge:4 g7e.48xlarge:8",
    ),
    (
        Card("L40S", "", 48),
        "g6e.xlarge:1 g6e.2xlarge:1 g6e.4xlarge:1 g6e.8xlarge:1 g6e.12xlarge:4 g6e.16xlarge:1 "
        "g6e.24xlarge:4 g6e.48xlarge:8",
    ),
    (
        Card("L4", "", 24),
        "g6.xlarge:1 g6.2xlarge:1 g6.4xlarge:1 g6.8xlarge:1 g6.12xlarge:4 g6.16xlarge:1 "
        "g6.24xlarge:4 g6.48xlarge:8 gr6.4xlarge:1 gr6.8xlarge:1",
    ),
    (
        Card("A10G", "", 24),
        "g5.xlarge:1 g5.2xlarge:1 g5.4xlarge:1 g5.8xlarge:1 g5.12xlarge:4 g5.16xlarge:1 "
        "g5.24xlarge:4 g5.48xlarge:8",
    ),
    (
        Card("T4", "", 16),
        "g4dn.xlarge:1 g4dn.2xlarge:1 g4dn.4xlarge:1 g4dn.8xlarge:1 g4dn.12xlarge:4 "
        "g4dn.16xlarge:1 g4dn.metal:8",
    ),
    (Card("M60", "", 8), "g3s.xlarge:1 g3.4xlarge:1 g3.8xlarge:2 g3.16xlarge:4"),
    # Slices: an eighth, a quarter, a half of an L4.
    (Card("L4", "", 3), "g6f.large:1 g6f.xlarge:1"),
    (Card("L4", "", 6), "g6f.2xlarge:1"),
    (Card("L4", "", 12), "g6f.4xlarge:1 gr6f.4xlarge:1"),
    # T4G; Radeon Pro V520; GRID K520.
    (
        None,
        "g5g.xlarge:1 g5g.2xlarge:1 g5g.4xlarge:1 g5g.8xlarge:1 g5g.16xlarge:2 g5g.metal:2 "
        "g4ad.xlarge:1 g4ad.2xlarge:1 g4ad.4xlarge:1 g4ad.8xlarge:2 g4ad.16xlarge:4 "
        "g2.2xlarge:1 g2.8xlarge:4",
    ),
)
MACHINES = {
    name: (card, int(gpus))
    for card, machines in _ROWS
    for name, gpus in (machine.split(":") for machine in machines.split())
}
SLICES = ("g6f.", "gr6f.")

# Names in price lists; those of Europe are written in two ways.
_LOCATIONS = """
    Africa (Cape Town)|af-south-1
    Asia Pacific (Hong Kong)|ap-east-1
    Asia Pacific (Taipei)|ap-east-2
    Asia Pacific (Tokyo)|ap-northeast-1
    Asia Pacific (Seoul)|ap-northeast-2
    Asia Pacific (Osaka)|ap-northeast-3
    Asia Pacific (Mumbai)|ap-south-1
    Asia Pacific (Hyderabad)|ap-south-2
    Asia Pacific (Singapore)|ap-southeast-1
    Asia Pacific (Sydney)|ap-southeast-2
    Asia Pacific (Jakarta)|ap-southeast-3
    Asia Pacific (Melbourne)|ap-southeast-4
    Asia Pacific (Malaysia)|ap-southeast-5
    Asia Pacific (New Zealand)|ap-southeast-6
    Asia Pacific (Thailand)|ap-southeast-7
    AWS GovCloud (US-East)|us-gov-east-1
    AWS GovCloud (US-West)|us-gov-west-1
    Canada (Central)|ca-central-1
    Canada West (Calgary)|ca-west-1
    EU (Frankfurt)|eu-central-1
    Europe (Frankfurt)|eu-central-1
    EU (Zurich)|eu-central-2
    Europe (Zurich)|eu-central-2
    EU (Stockholm)|eu-north-1
    Europe (Stockholm)|eu-north-1
    EU (Milan)|eu-south-1
    Europe (Milan)|eu-south-1
    EU (Spain)|eu-south-2
    Europe (Spain)|eu-south-2
    EU (Ireland)|eu-west-1
    Europe (Ireland)|eu-west-1
    EU (London)|eu-west-2
    Europe (London)|eu-west-2
    EU (Paris)|eu-west-3
    Europe (Paris)|eu-west-3
    Israel (Tel Aviv)|il-central-1
    Mexico (Central)|mx-central-1
    Middle East (Bahrain)|me-south-1
    Middle East (UAE)|me-central-1
    South America (Sao Paulo)|sa-east-1
    US East (N. Virginia)|us-east-1
    US East (Ohio)|us-east-2
    US West (N. California)|us-west-1
    US West (Oregon)|us-west-2
"""
CODE_BY_LOCATION = dict(line.strip().split("|") for line in _LOCATIONS.strip().splitlines())
