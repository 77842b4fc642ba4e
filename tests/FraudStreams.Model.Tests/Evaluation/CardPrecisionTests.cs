using FraudStreams.Model.Evaluation;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Evaluation;

public sealed class CardPrecisionTests
{
    const long Day = 86_400_000;

    [Fact]
    public void A_card_counts_by_its_highest_score_and_any_fraud_of_the_day()
    {
        // Card 1 is compromised by its payment with the low score; cards 2 and 3 are not.
        var precision = CardPrecision.AtK([0.9, 0.1, 0.8, 0.2], [0, 1, 0, 0], [1, 1, 2, 3], [5, 6, 7, 8], k: 2);

        precision.ShouldBe(0.5);
    }

    [Fact]
    public void Days_are_averaged()
    {
        var precision = CardPrecision.AtK([0.9, 0.1, 0.9, 0.1], [1, 0, 0, 1], [1, 2, 3, 4], [0, 1, Day, Day + 1], k: 1);

        precision.ShouldBe(0.5);
    }

    [Fact]
    public void A_card_found_compromised_is_not_checked_again()
    {
        // Day 2: card 1 is blocked, so card 2 is checked instead.
        var precision = CardPrecision.AtK([0.9, 0.9, 0.5], [1, 1, 0], [1, 1, 2], [0, Day, Day], k: 1);

        precision.ShouldBe(0.5);
    }

    [Fact]
    public void A_day_with_fewer_cards_than_k_is_still_divided_by_k() =>
        CardPrecision.AtK([0.9], [1], [1], [0], k: 4).ShouldBe(0.25);

    [Fact]
    public void Columns_of_other_lengths_are_refused() =>
        Should.Throw<ArgumentException>(() => CardPrecision.AtK([0.9], [1], [1, 2], [0], 1)).Message.ShouldContain("2 cards");
}
