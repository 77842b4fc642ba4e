using System.Net;
using System.Net.Sockets;
using FraudStreams.Configuration;

namespace FraudStreams.Api;

/// <summary>
/// The open port of the API. It is opened before anything else of a run, so that a port that is taken stops the start before anything is made; connections
/// wait in it until the web server takes them.
/// </summary>
sealed class ApiListener : IDisposable
{
    const int Backlog = 512;

    /// <summary>So many ports after the usual one are tried before any free one is taken.</summary>
    const int NextPorts = 100;

    readonly string _scheme;

    ApiListener(Socket socket, ApiSettings settings) => (Socket, _scheme) = (socket, settings.Tls is null ? "http" : "https");

    public Socket Socket { get; }

    public IPEndPoint EndPoint => (IPEndPoint)Socket.LocalEndPoint!;

    public Uri Address => new($"{_scheme}://{EndPoint}/");

    /// <summary>Where other hosts ask this one: as it is set, else at the address that it listens at, or under the machine's name where that is all addresses.</summary>
    public Uri AnnouncedAs(ApiSettings settings)
    {
        if (settings.Announced is { } announced)
            return announced;
        return settings.Address.Equals(IPAddress.Any) || settings.Address.Equals(IPAddress.IPv6Any) ? new UriBuilder(_scheme, Dns.GetHostName(), EndPoint.Port).Uri : Address;
    }

    /// <exception cref="SettingsException">The port that was set by hand is taken.</exception>
    public static ApiListener Open(ApiSettings settings)
    {
        if (settings.Port is { } port)
        {
            try
            {
                return new ApiListener(Listen(settings.Address, port), settings);
            }
            catch (SocketException e)
            {
                throw new SettingsException(
                    $"fraudstreams.api.port = {port}: nothing can listen there at {settings.Address} ({e.Message}): give another port, or auto for the next free one", e);
            }
        }

        for (var next = ApiSettings.UsualPort; next < ApiSettings.UsualPort + NextPorts; next++)
        {
            try
            {
                return new ApiListener(Listen(settings.Address, next), settings);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                // The next one.
            }
            catch (SocketException e)
            {
                throw new SettingsException($"fraudstreams.api.host = {settings.Address}: nothing can listen there: {e.Message}", e);
            }
        }

        return new ApiListener(Listen(settings.Address, 0), settings);
    }

    /// <summary>Whether somebody waits for an answer; waits for him as long.</summary>
    public bool IsAskedWithin(TimeSpan time) => Socket.Poll(time, SelectMode.SelectRead);

    public void Dispose() => Socket.Dispose();

    /// <summary>Two sockets may be bound to a port on Linux, but only one can listen.</summary>
    static Socket Listen(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
