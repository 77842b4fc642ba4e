namespace FraudStreams.Simulation.Generation;

/// <summary>The kind of a fraud.</summary>
public enum FraudKind
{
    None,

    /// <summary>One payment, far dearer than the card's habits.</summary>
    HighAmount,

    /// <summary>The card was used at a merchant with skimmed terminals, and is misused some days later.</summary>
    CompromisedMerchant,

    /// <summary>A stolen card: many payments in a short time, far from home, mostly at night.</summary>
    StolenCard,
}

/// <summary>A payment planned ahead of its turn: a fraud, or (kind None) the honest visit to a merchant that leads to one.</summary>
readonly record struct PlannedPayment(FraudKind Kind, int Card, int Merchant, long Cents);

/// <summary>
/// All frauds of one fortnight, and the visits that led to them. It depends on the settings and the fortnight only, so a generator that starts at any
/// payment needs this one plan and nothing from before.
/// </summary>
sealed class FraudPlan
{
    public const int Days = 14;

    /// <summary>Out of a hundred frauds.</summary>
    const double HighAmounts = 0.35, Breaches = 0.30;

    static readonly int[] HighAmountCategories = Indexes("electronics", "jewellery", "online_shop", "travel", "household");
    static readonly int[] MisuseCategories = Indexes("online_shop", "online_shop", "online_services", "electronics", "clothing");
    static readonly int[] ProbeCategories = Indexes("online_media", "online_services");
    static readonly int[] BurstCategories = Indexes("fuel", "electronics", "clothing", "jewellery", "groceries");

    readonly PaymentWorld _world;
    readonly PaymentClock _clock;
    readonly long _first;
    readonly Dictionary<long, PlannedPayment> _planned = [];

    /// <summary>For each payment of the fortnight: its own index while it is free, else the index at which the search goes on.</summary>
    int[] _nextFree;
    SeededRandom _random;

    public FraudPlan(GeneratorSettings settings, PaymentWorld world, PaymentClock clock, long fortnight)
    {
        _world = world;
        _clock = clock;
        _random = SeededRandom.For(settings.Seed, Salt.Frauds, fortnight);
        Fortnight = fortnight;
        _first = fortnight * 2 * clock.PerWeek;
        _nextFree = [.. Enumerable.Range(0, (int)(2 * clock.PerWeek))];

        var frauds = _nextFree.Length * settings.FraudShare;
        Spend(_random.Round(frauds * HighAmounts), _ => PlanHighAmount());
        Spend(_random.Round(frauds * Breaches), PlanBreach);
        Spend(_random.Round(frauds * (1 - HighAmounts - Breaches)), PlanStolenCard);
        _nextFree = [];
    }

    public long Fortnight { get; }

    public bool TryGet(long number, out PlannedPayment payment) => _planned.TryGetValue(number, out payment);

    /// <summary>Plans incidents until they add up to the number of frauds; each gets the number left and returns the number it made.</summary>
    static void Spend(int frauds, Func<int, int> plan)
    {
        while (frauds > 0)
            frauds -= plan(frauds);
    }

    int PlanHighAmount()
    {
        var card = _world.ExposedCard(ref _random);
        var category = OneOf(HighAmountCategories);
        var town = _random.Chance(0.5) ? _world.Cards[card].Town : _world.TownFarFrom(_world.Cards[card], ref _random);
        Place(_random.Below(Days), OddSecond(0.6), new PlannedPayment(FraudKind.HighAmount, card, MerchantOf(category, town), Cents(690, 0.4)));
        return 1;
    }

    int PlanBreach(int left)
    {
        var merchant = _random.Below(_world.Merchants.Count);
        var town = _world.Merchants[merchant].Town;
        var category = Category.All[_world.Merchants[merchant].Category];
        var start = _random.Between(0, 6);
        var length = _random.Between(3, 5);
        var made = 0;
        for (var victims = _random.Between(5, 15); victims > 0 && made < left; victims--)
        {
            var card = category.Online ? _world.BusyCard(ref _random) : _world.Resident(town, ref _random);
            var visit = start + _random.Below(length);
            Place(visit, _random.Between(9, 20) * 3600, new PlannedPayment(FraudKind.None, card, merchant, Cents(category.Median, category.Sigma)));
            for (var frauds = Math.Min(_random.Between(1, 3), left - made); frauds > 0; frauds--, made++)
            {
                var day = Math.Min(visit + _random.Between(1, 6), Days - 1);
                var probe = _random.Chance(0.25);
                var shop = MerchantOf(OneOf(probe ? ProbeCategories : MisuseCategories), _world.TownFarFrom(_world.Cards[card], ref _random));
                Place(day, OddSecond(0.5), new PlannedPayment(FraudKind.CompromisedMerchant, card, shop, probe ? Cents(2.5, 0.5) : Cents(240, 0.7)));
            }
        }

        return made;
    }

    int PlanStolenCard(int left)
    {
        var card = _world.ExposedCard(ref _random);
        var town = _world.TownFarFrom(_world.Cards[card], ref _random);
        var day = _random.Below(Days);
        var second = OddSecond(0.8);
        var count = Math.Min(_random.Between(5, 13), left);
        for (var i = 0; i < count; i++)
        {
            Place(day, second, new PlannedPayment(FraudKind.StolenCard, card, MerchantOf(OneOf(BurstCategories), town), Cents(150, 0.8)));
            second += _random.Between(40, 360);
        }

        return count;
    }

    static int[] Indexes(params string[] names) => [.. names.Select(Category.IndexOf)];

    int OneOf(int[] categories) => categories[_random.Below(categories.Length)];

    int MerchantOf(int category, int town)
    {
        var merchants = _world.MerchantsOf(category, town);
        return merchants[_random.Below(merchants.Length)];
    }

    long Cents(double median, double sigma) => Money.Cents(_random.LogNormal(median, sigma));

    /// <summary>A second of a day: between 22:00 and 04:00 with the given chance.</summary>
    int OddSecond(double chance) => _random.Chance(chance)
        ? (_random.Between(22, 27) % 24 * 3600) + _random.Below(3600)
        : _random.Below(PaymentClock.SecondsPerDay);

    /// <summary>Takes the next free payment from that time on; past the fortnight's end the search goes on at its start.</summary>
    void Place(int day, int second, PlannedPayment payment)
    {
        var slot = FreeFrom((int)(_clock.NumberAt((Fortnight * Days) + day, second) - _first));
        _nextFree[slot] = (slot + 1) % _nextFree.Length;
        _planned.Add(_first + slot, payment);
    }

    /// <summary>The first free slot from this one on. Paths are halved as they are walked, so a crowded night costs no more than an empty one.</summary>
    int FreeFrom(int slot)
    {
        while (_nextFree[slot] != slot)
        {
            _nextFree[slot] = _nextFree[_nextFree[slot]];
            slot = _nextFree[slot];
        }

        return slot;
    }
}
