using System.Security.Claims;
using FraudStreams.Access.Keys;
using FraudStreams.Messaging;
using Microsoft.AspNetCore.Http;

namespace FraudStreams.Api.Security;

static class KeyLookup
{
    /// <summary>The key in force with a hash; null where there is none.</summary>
    /// <exception cref="RequestException">Keys cannot be read, and never were.</exception>
    public static async Task<ApiKey?> LookUpAsync(this KeyLog keys, string hash, CancellationToken cancellationToken)
    {
        try
        {
            await keys.FollowAsync(cancellationToken);
        }
        catch (MessageLogException) when (keys.IsRead)
        {
            // What was known holds: an outage of the topics locks nobody out.
        }
        catch (MessageLogException e)
        {
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, "unavailable", "Keys cannot be read now", e.Message);
        }

        return keys.Find(hash);
    }

    /// <summary>Whether who was let in would be again: the sign-in has not ended, and the key is in force.</summary>
    /// <exception cref="RequestException">Keys cannot be read, and never were.</exception>
    public static async Task<bool> StillKnowsAsync(this KeyLog keys, ClaimsPrincipal user, DateTimeOffset now, CancellationToken cancellationToken) =>
        !user.HasEnded(now) && (user.KeyOf() is not { } hash || await keys.LookUpAsync(hash, cancellationToken) is not null);
}
