using System.Collections.Immutable;
using FraudStreams.Access.Audit;
using FraudStreams.Api;
using FraudStreams.Api.Resources;
using FraudStreams.Storage;
using Microsoft.AspNetCore.Http;

namespace FraudStreams.Dashboard.Payments;

/// <summary>Shows a payment's secret fields in clear, once who asked and why is written down.</summary>
sealed class SecretFields(PaymentLookup payments, AuditLog audit, TimeProvider time)
{
    /// <param name="id">As it is stored; what is written down is masked.</param>
    /// <exception cref="RequestException">The payment is not stored, or it cannot be written down that somebody asked: nothing is shown.</exception>
    public async Task<ImmutableArray<(string Name, string Value)>> ShowAsync(string id, string actor, string why, CancellationToken cancellationToken)
    {
        if (why.Any(char.IsControl))
            throw ChangeRequest.Wrong("the reason", "a text of one line");
        try
        {
            if (await payments.FindStoredAsync(new PaymentFilter(id), 1, cancellationToken) is not [var payment])
                throw new RequestException(StatusCodes.Status404NotFound, "no-payment", "No such payment", "No payment with this id is stored, or not yet.");
            await PaymentsEndpoints.WriteDownAsync(audit, time, payments.Mask.Show(payment).Id, actor, why);
            return payments.Mask.Secrets(payment);
        }
        catch (StoreException e)
        {
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, "unavailable", "The store cannot be read now", e.Message);
        }
    }
}
