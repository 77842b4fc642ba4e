namespace FraudStreams.Simulation.Generation;

/// <summary>
/// Card payments of an invented country, in the columns of the schema `cards`, with three kinds of fraud among them. Payment n is a
/// function of the settings and n: generation resumes at any n at once, and two generators of the same settings agree on every byte. Event time moves
/// forward with n. Thread-safe.
/// </summary>
public sealed class PaymentGenerator
{
    /// <summary>The schema that the payments are of.</summary>
    public const string SchemaName = "cards";

    readonly PaymentClock _clock;
    FraudPlan? _plan;

    public PaymentGenerator(GeneratorSettings settings)
    {
        settings.Check();
        Settings = settings;
        _clock = new PaymentClock(settings);
        World = new PaymentWorld(settings);
    }

    /// <summary>How many payments there are before event time would pass the year 2199, the last that schemas accept.</summary>
    public long Count => _clock.Last + 1;

    public GeneratorSettings Settings { get; }

    internal PaymentWorld World { get; }

    /// <summary>The payment of this number, from 0 on.</summary>
    public Payment At(long number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, _clock.Last);
        var second = _clock.SecondOf(number);
        return PlanOf(number).TryGet(number, out var planned)
            ? new Payment(number, second, planned.Card, planned.Merchant, planned.Cents, planned.Kind)
            : Honest(number, second);
    }

    FraudPlan PlanOf(long number)
    {
        var fortnight = number / (2 * _clock.PerWeek);
        var plan = Volatile.Read(ref _plan);
        if (plan?.Fortnight != fortnight)
            Volatile.Write(ref _plan, plan = new FraudPlan(Settings, World, _clock, fortnight));
        return plan;
    }

    Payment Honest(long number, long second)
    {
        var random = SeededRandom.For(Settings.Seed, Salt.Payment, number);
        var day = second / PaymentClock.SecondsPerDay;
        var hour = (int)(second % PaymentClock.SecondsPerDay / 3600);
        var card = CardAt(hour, weekend: (day + 4) % 7 is 0 or 6, ref random);
        var holder = World.Cards[card];
        var category = CategoryAt(hour, holder, ref random);
        var kind = Category.All[category];

        var merchants = World.MerchantsOf(category, kind.Online ? 0 : TownOn(day, card, ref random));

        // The square makes the first of them the card's usual shop; which one that is differs from card to card.
        var favourite = (int)(random.Unit() * random.Unit() * merchants.Length);
        var merchant = merchants[(favourite + card) % merchants.Length];
        var cents = Money.Cents(random.LogNormal(kind.Median * holder.Spending, kind.Sigma));
        return new Payment(number, second, card, merchant, cents, FraudKind.None);
    }

    int CardAt(int hour, bool weekend, ref SeededRandom random)
    {
        for (var attempt = 0; ; attempt++)
        {
            var card = World.BusyCard(ref random);
            var odds = (hour < 6 ? World.Cards[card].NightOwl : 1) * (weekend ? World.Cards[card].Weekends : 1);
            if (attempt == 4 || random.Chance(odds))
                return card;
        }
    }

    static int CategoryAt(int hour, Card card, ref SeededRandom random)
    {
        for (var attempt = 0; ; attempt++)
        {
            var wish = random.Unit();
            var category = 0;
            while (category < card.Habits.Length - 1 && wish >= card.Habits[category])
                category++;
            if (attempt == 4 || random.Chance(Category.All[category].Odds(hour)))
                return category;
        }
    }

    /// <summary>The town that the card's holder is in: home, one nearby, or now and then for a whole week one far away.</summary>
    int TownOn(long day, int card, ref SeededRandom random)
    {
        var holder = World.Cards[card];
        var trip = SeededRandom.For(Settings.Seed, Salt.Trips, (day / 7 * World.Cards.Length) + card);
        if (trip.Chance(0.04))
            return World.TownFarFrom(holder, ref trip);
        return random.Chance(0.8) ? holder.Town : World.TownNear(holder, ref random);
    }
}

/// <summary>One generated payment; card and merchant are indexes into the generator's world.</summary>
/// <param name="Number">Its number in the sequence, from 0.</param>
/// <param name="UnixSeconds">Event time.</param>
/// <param name="Cents">Amount, in hundredths.</param>
public readonly record struct Payment(long Number, long UnixSeconds, int Card, int Merchant, long Cents, FraudKind Fraud)
{
    public bool IsFraud => Fraud != FraudKind.None;
}
