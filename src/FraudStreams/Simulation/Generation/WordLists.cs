namespace FraudStreams.Simulation.Generation;

/// <summary>Words for the names of persons, towns, streets and firms. All of them are invented; likeness to real ones is chance.</summary>
static class WordLists
{
    public static readonly string[] WomensNames =
    [
        "Aldis", "Brenwen", "Calanthe", "Dorrit", "Elowen", "Fenna", "Gwyneth", "Hestia", "Ilsabet", "Jorunn", "Katrijn", "Lunete",
        "Maelis", "Nerys", "Ottilie", "Perrin", "Quilla", "Rosmund", "Sunniva", "Tamsyn", "Ursel", "Verity", "Wilmet", "Ysolde",
    ];

    public static readonly string[] MensNames =
    [
        "Aldous", "Bertram", "Cador", "Derwin", "Edric", "Fulko", "Garrick", "Hadrian", "Ivo", "Jorik", "Kester", "Leofric",
        "Madoc", "Noll", "Osbert", "Piran", "Quentin", "Rufus", "Sander", "Torben", "Ulric", "Valdemar", "Wystan", "Yorick",
    ];

    public static readonly string[] LastNames =
    [
        "Ashcombe", "Barrowmere", "Copperdale", "Dunmarsh", "Elmsworth", "Fallowfield", "Greywater", "Hazelrigg", "Ironwood", "Juniperley",
        "Kestrelby", "Larkspire", "Mistlethorn", "Nettleford", "Oakhanger", "Pebblewick", "Quillfeather", "Ravenhall", "Sandbrook",
        "Thistledown", "Underhay", "Vinterly", "Willowgate", "Yarrowby", "Appleyarde", "Brindlecote", "Cloverlea", "Driftholm",
        "Emberley", "Foxbury", "Gorsemoor", "Hollinshade",
    ];

    public static readonly string[] TownHeads =
    [
        "Amber", "Birch", "Cedar", "Dove", "Elder", "Fern", "Glass", "Heron", "Iris", "Jasper", "Kiln", "Linden", "Marl", "North", "Otter",
        "Plover", "Quarry", "Rowan", "Salt", "Teal",
    ];

    public static readonly string[] TownTails = ["bridge", "combe", "dale", "ferry", "gate", "haven", "mere", "minster", "moor", "wick"];

    public static readonly string[] Regions = ["NR", "ES", "WM", "SH", "CV", "HL", "LK", "PR"];

    public static readonly string[] Streets =
    [
        "Anvil Row", "Bellflower Way", "Candlemaker Street", "Dovecote Lane", "Eastgate Rise", "Foxglove Avenue", "Granary Court", "Harbour View",
        "Ivy Close", "Juniper Walk", "Kingfisher Road", "Lantern Hill", "Millrace Drive", "Nightingale Place", "Orchard End", "Pottery Yard",
    ];

    public static readonly string[] FirmHeads =
    [
        "Amber", "Blue", "Copper", "Dapper", "Eastern", "Fair", "Golden", "Honest", "Ivory", "Jolly", "Kindly", "Little", "Merry", "Noble",
        "Old", "Plain", "Quiet", "Red", "Silver", "Tall", "Urban", "Velvet", "White", "Young",
    ];

    public static readonly string[] FirmTails =
    [
        "Anchor", "Badger", "Cartwheel", "Drum", "Egret", "Falcon", "Gable", "Hare", "Inkwell", "Jug", "Kettle", "Lantern", "Magpie", "Newt",
        "Owl", "Pinecone", "Quill", "Robin", "Sickle", "Thimble", "Urchin", "Vane", "Walnut", "Yew", "Acorn", "Beacon", "Compass", "Dolphin",
        "Ember", "Fiddle", "Goose", "Hammer", "Island", "Juniper", "Knot", "Ladder", "Mill", "Nest", "Oar", "Pebble",
    ];

    public static readonly string[] Jobs =
    [
        "Accountant", "Baker", "Bus driver", "Carpenter", "Chemist", "Civil engineer", "Dentist", "Electrician", "Farmer", "Florist",
        "Gardener", "Geologist", "Hairdresser", "Journalist", "Lawyer", "Librarian", "Mechanic", "Midwife", "Musician", "Nurse", "Optician",
        "Painter", "Pharmacist", "Photographer", "Plumber", "Potter", "Programmer", "Retired", "Sailor", "Shop assistant", "Student",
        "Surveyor", "Tailor", "Teacher", "Translator", "Vet", "Waiter", "Welder",
    ];
}
