namespace FraudStreams.Simulation.Generation;

/// <summary>The towns, merchants and cards of the generated payments. They depend on the seed and the number of cards.</summary>
sealed class PaymentWorld
{
    const int TownCount = 40;

    /// <summary>Issuer numbers that begin with 9 are left to national use; no card network gives out these.</summary>
    const string CardPrefix = "999900";

    static readonly int[] CardLengths = [13, 15, 16, 16, 16, 19];

    readonly int _seed;
    readonly Town[] _towns;
    readonly List<Merchant> _merchants = [];
    readonly int[][] _merchantsOf;
    readonly double[] _activity;
    readonly double[] _exposure;
    readonly int[][] _residents;

    public PaymentWorld(GeneratorSettings settings)
    {
        _seed = settings.Seed;
        _towns = MakeTowns();
        _merchantsOf = MakeMerchants();
        Cards = new Card[settings.Cards];
        _activity = new double[settings.Cards];
        _exposure = new double[settings.Cards];
        MakeCards(settings.Start.Year);
        _residents = [.. Enumerable.Range(0, TownCount).Select(town => Enumerable.Range(0, Cards.Length).Where(card => Cards[card].Town == town).ToArray())];
    }

    public Card[] Cards { get; }

    public IReadOnlyList<Merchant> Merchants => _merchants;

    public IReadOnlyList<Town> Towns => _towns;

    /// <summary>The merchants of a category: in a town, or anywhere when it is bought online.</summary>
    public ReadOnlySpan<int> MerchantsOf(int category, int town) =>
        _merchantsOf[Category.All[category].Online ? category : (category * TownCount) + town];

    /// <summary>A random card, weighted by activity.</summary>
    public int BusyCard(ref SeededRandom random) => Pick(_activity, ref random);

    /// <summary>A random card for fraud, weighted by the holder's age.</summary>
    public int ExposedCard(ref SeededRandom random) => Pick(_exposure, ref random);

    /// <summary>A card of someone who lives in a town, or anywhere if nobody does.</summary>
    public int Resident(int town, ref SeededRandom random) =>
        _residents[town].Length == 0 ? BusyCard(ref random) : _residents[town][random.Below(_residents[town].Length)];

    /// <summary>A town within the card's travels.</summary>
    public int TownNear(Card card, ref SeededRandom random)
    {
        var byDistance = _towns[card.Town].ByDistance;
        var within = 1;
        while (within < TownCount && _towns[byDistance[within]].Place.KilometresTo(card.Home) <= card.TravelKilometres)
            within++;
        return byDistance[random.Below(within)];
    }

    /// <summary>A town in the farther half of the country.</summary>
    public int TownFarFrom(Card card, ref SeededRandom random) => _towns[card.Town].ByDistance[random.Between(TownCount / 2, TownCount - 1)];

    static int Pick(double[] cumulative, ref SeededRandom random)
    {
        var found = Array.BinarySearch(cumulative, random.Unit() * cumulative[^1]);
        return Math.Min(found < 0 ? ~found : found + 1, cumulative.Length - 1);
    }

    Town[] MakeTowns()
    {
        var random = SeededRandom.For(_seed, Salt.Towns, 0);
        string[] names = [.. WordLists.TownHeads.SelectMany(head => WordLists.TownTails, (head, tail) => head + tail)];
        random.Shuffle(names.AsSpan());
        var towns = new Town[TownCount];
        for (var i = 0; i < TownCount; i++)
        {
            var place = new Place(random.Between(31.0, 47.0), random.Between(-118.0, -76.0));
            var region = WordLists.Regions[(int)((place.Longitude + 118) / 42 * WordLists.Regions.Length)];
            towns[i] = new Town(names[i], region, $"{10_000 + (i * 2_000) + random.Below(2_000)}", place, (int)random.LogNormal(9_000, 1.4) + 60);
        }

        foreach (var town in towns)
            town.ByDistance = [.. Enumerable.Range(0, TownCount).OrderBy(other => town.Place.KilometresTo(towns[other].Place))];
        return towns;
    }

    int[][] MakeMerchants()
    {
        var merchantsOf = new int[Category.All.Length * TownCount][];
        string[] firms = [.. WordLists.FirmHeads.SelectMany(head => WordLists.FirmTails, (head, tail) => $"{head} {tail}")];
        for (var category = 0; category < Category.All.Length; category++)
        {
            var random = SeededRandom.For(_seed, Salt.Merchants, category);
            random.Shuffle(firms.AsSpan());
            var named = 0;
            var kind = Category.All[category];
            for (var town = 0; town < (kind.Online ? 1 : TownCount); town++)
            {
                var count = kind.Online ? 24 : random.Between(1, 3);
                var found = new int[count];
                for (var i = 0; i < count; i++)
                {
                    var seat = kind.Online ? random.Below(TownCount) : town;
                    var place = _towns[seat].Place.Near(ref random, 12);
                    found[i] = _merchants.Count;
                    _merchants.Add(new Merchant($"{firms[named++]} {kind.Trades[random.Below(kind.Trades.Length)]}", category, seat, place));
                }

                merchantsOf[kind.Online ? category : (category * TownCount) + town] = found;
            }
        }

        return merchantsOf;
    }

    void MakeCards(int year)
    {
        double activity = 0, exposure = 0;
        for (var i = 0; i < Cards.Length; i++)
        {
            var random = SeededRandom.For(_seed, Salt.Cards, i);
            var woman = random.Chance(0.5);
            var names = woman ? WordLists.WomensNames : WordLists.MensNames;
            var age = (int)Math.Clamp(46 + (18 * random.Normal()), 18, 94);
            var holder = new Holder(
                names[random.Below(names.Length)],
                WordLists.LastNames[random.Below(WordLists.LastNames.Length)],
                woman ? 'F' : 'M',
                $"{random.Between(1, 240)} {WordLists.Streets[random.Below(WordLists.Streets.Length)]}",
                WordLists.Jobs[random.Below(WordLists.Jobs.Length)],
                new DateOnly(year - age, 1, 1).AddDays(-random.Below(365)));
            var town = random.Below(TownCount);
            Cards[i] = new Card(NumberOf(i, ref random), holder, town, _towns[town].Place.Near(ref random, 15))
            {
                Spending = random.LogNormal(1, 0.35),
                NightOwl = random.Chance(0.15) ? 1 : random.Between(0.1, 0.5),
                Weekends = random.Between(0.4, 1.0),
                TravelKilometres = random.LogNormal(90, 0.8),
                Habits = HabitsOf(ref random),
            };
            _activity[i] = activity += random.LogNormal(1, 0.6);
            _exposure[i] = exposure += age >= 60 ? 3 : 1;
        }
    }

    static double[] HabitsOf(ref SeededRandom random)
    {
        var habits = new double[Category.All.Length];
        var sum = 0.0;
        for (var i = 0; i < habits.Length; i++)
            habits[i] = sum += Category.All[i].Share * random.LogNormal(1, 0.7);
        for (var i = 0; i < habits.Length; i++)
            habits[i] /= sum;
        return habits;
    }

    /// <summary>A number of 13 to 19 digits that no other card has, with its check digit (Luhn, ISO/IEC 7812-1).</summary>
    static string NumberOf(int card, ref SeededRandom random)
    {
        var length = CardLengths[random.Below(CardLengths.Length)];

        // Six digits would leave a 13-digit number room for a million cards; a large odd factor only makes neighbours look unlike.
        var body = length == 13 ? $"{card * 387_420_489L % 1_000_000:000000}" : $"{card * 387_420_489L % 100_000_000:00000000}";
        var digits = (CardPrefix + body).PadRight(length - 1, '7');
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[digits.Length - 1 - i] - '0';
            sum += i % 2 == 0 ? (digit * 2 / 10) + (digit * 2 % 10) : digit;
        }

        return digits + (char)('0' + ((10 - (sum % 10)) % 10));
    }
}
