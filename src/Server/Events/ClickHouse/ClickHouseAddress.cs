using System;
using System.Net.Http.Headers;
using System.Text;

namespace Unkey.Server.Events.ClickHouse;

/// <summary>Where a ClickHouse server is and who asks: <c>http://user:password@host:8123/database</c>. Immutable; never prints the password.</summary>
public sealed class ClickHouseAddress
{
    private const string DefaultDatabase = "default";
    private const string DefaultUser = "default";

    private ClickHouseAddress(Uri endPoint, string database, string user, string password)
    {
        EndPoint = endPoint;
        Database = database;
        Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
    }

    /// <summary>Scheme, host and port.</summary>
    public Uri EndPoint { get; }

    /// <summary>The database.</summary>
    public string Database { get; }

    /// <summary>Credentials of every request.</summary>
    internal AuthenticationHeaderValue Authorization { get; }

    /// <summary>Reads an address.</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">The address on success.</param>
    /// <returns>The problem, without the text, which holds a password; or <see langword="null"/>.</returns>
    public static string? Read(string text, out ClickHouseAddress? address)
    {
        address = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            return "is not an address such as http://user:password@host:8123/database";
        }

        if (uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            return "has a query or a fragment, which an address of a database has not";
        }

        string database = Uri.UnescapeDataString(uri.AbsolutePath.Trim('/'));
        if (database.Length == 0)
        {
            database = DefaultDatabase;
        }

        if (!IsName(database))
        {
            return "names a database that is not letters, digits and underscores";
        }

        string[] parts = uri.UserInfo.Split(':', 2);
        string user = parts[0].Length == 0 ? DefaultUser : Uri.UnescapeDataString(parts[0]);
        string password = parts.Length == 2 ? Uri.UnescapeDataString(parts[1]) : "";
        address = new ClickHouseAddress(new UriBuilder(uri.Scheme, uri.Host, uri.Port, "/").Uri, database, user, password);
        return null;
    }

    /// <summary>The address without the password.</summary>
    public override string ToString() => $"ClickHouse at {EndPoint.Authority}/{Database}";

    private static bool IsName(string text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
            {
                return false;
            }
        }

        return true;
    }
}
