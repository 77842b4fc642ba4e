namespace FraudStreams.Simulation.Generation;

/// <summary>A point on earth, in degrees.</summary>
readonly record struct Place(double Latitude, double Longitude)
{
    const double KilometresPerDegree = 111.2;

    /// <summary>Distance on a flat map around the middle: near enough for choosing who lives near what.</summary>
    public double KilometresTo(Place other)
    {
        var north = other.Latitude - Latitude;
        var east = (other.Longitude - Longitude) * Math.Cos((Latitude + other.Latitude) * (Math.PI / 360));
        return Math.Sqrt((north * north) + (east * east)) * KilometresPerDegree;
    }

    public Place Near(ref SeededRandom random, double kilometres) => new(
        Latitude + (random.Between(-1.0, 1.0) * kilometres / KilometresPerDegree),
        Longitude + (random.Between(-1.0, 1.0) * kilometres / (KilometresPerDegree * Math.Cos(Latitude * (Math.PI / 180)))));
}

sealed record Town(string Name, string Region, string Zip, Place Place, int Population)
{
    /// <summary>All towns, the nearest first; the first is this one.</summary>
    public int[] ByDistance { get; set; } = [];
}

sealed record Merchant(string Name, int Category, int Town, Place Place);

sealed record Card(string Number, Holder Holder, int Town, Place Home)
{
    /// <summary>Multiplies what a purchase costs.</summary>
    public required double Spending { get; init; }

    /// <summary>How many of the night's purchases are made, from 0 to 1.</summary>
    public required double NightOwl { get; init; }

    public required double Weekends { get; init; }

    /// <summary>How far trips to shops in other towns go.</summary>
    public required double TravelKilometres { get; init; }

    /// <summary>How likely it is that the next payment is of this category or one before it.</summary>
    public required double[] Habits { get; init; }
}

sealed record Holder(string First, string Last, char Gender, string Street, string Job, DateOnly Born);
