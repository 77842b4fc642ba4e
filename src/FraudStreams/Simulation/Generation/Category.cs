namespace FraudStreams.Simulation.Generation;

/// <summary>When in the day a kind of purchase is made: the factors of its likelihood at night and in the evening.</summary>
enum Rhythm
{
    Shops,
    Evenings,
    Always,
}

/// <summary>A kind of purchase: how much it costs (log-normal), how common it is, and whether it is bought online.</summary>
sealed record Category(string Name, double Median, double Sigma, double Share, bool Online, Rhythm Rhythm, string[] Trades)
{
    public static readonly Category[] All =
    [
        new("groceries", 38, 0.75, 17, false, Rhythm.Shops, ["Grocers", "Market", "Pantry", "Foods"]),
        new("fuel", 52, 0.40, 11, false, Rhythm.Always, ["Fuel", "Filling Station", "Energy"]),
        new("restaurant", 27, 0.70, 12, false, Rhythm.Evenings, ["Kitchen", "Bistro", "Diner", "Grill"]),
        new("pharmacy", 19, 0.75, 6, false, Rhythm.Shops, ["Pharmacy", "Chemists"]),
        new("clothing", 58, 0.80, 6, false, Rhythm.Shops, ["Clothing", "Outfitters", "Shoes"]),
        new("electronics", 105, 0.95, 3, false, Rhythm.Shops, ["Electronics", "Camera & Sound", "Computers"]),
        new("jewellery", 140, 0.95, 1, false, Rhythm.Shops, ["Jewellers", "Watches"]),
        new("household", 44, 0.90, 7, false, Rhythm.Shops, ["Hardware", "Furniture", "Garden"]),
        new("leisure", 31, 0.80, 7, false, Rhythm.Evenings, ["Cinema", "Bowling", "Sports", "Books"]),
        new("transport", 9, 0.80, 7, false, Rhythm.Always, ["Transit", "Parking", "Cabs"]),
        new("travel", 210, 0.85, 1.5, false, Rhythm.Always, ["Hotel", "Inn", "Tours"]),
        new("online_shop", 46, 0.95, 12, true, Rhythm.Always, ["Online", "Direct", "Mail Order"]),
        new("online_media", 13, 0.50, 6, true, Rhythm.Always, ["Streaming", "Games", "Music"]),
        new("online_services", 34, 0.85, 3.5, true, Rhythm.Always, ["Services", "Tickets", "Delivery"]),
    ];

    public static int IndexOf(string name) => Array.FindIndex(All, category => category.Name == name);

    /// <summary>The probability that a wish to buy becomes a purchase at this hour.</summary>
    public double Odds(int hour) => (Rhythm, hour) switch
    {
        (Rhythm.Shops, < 6) => 0.08,
        (Rhythm.Shops, >= 22) => 0.2,
        (Rhythm.Evenings, >= 3 and < 10) => 0.1,
        (Rhythm.Evenings, < 17) => 0.5,
        _ => 1,
    };
}
