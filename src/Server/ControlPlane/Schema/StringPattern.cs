using System;
using System.Buffers;

namespace Unkey.Server.ControlPlane.Schema;

/// <summary>A pattern of the contract. All of them have the form <c>^[set]+$</c>, so a set of characters decides them.</summary>
/// <remarks>Immutable, any thread. Matching is one vectorised pass and cannot backtrack.</remarks>
internal sealed class StringPattern
{
    private const string Alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    private readonly SearchValues<char> _allowed;

    private StringPattern(string source, string allowed)
    {
        Source = source;
        _allowed = SearchValues.Create(allowed);
    }

    /// <summary>Ids and prefixes.</summary>
    public static StringPattern Identifier { get; } = new("^[a-zA-Z0-9_]+$", Alphanumeric + "_");

    /// <summary>Ids of roles where a hyphen is admitted.</summary>
    public static StringPattern HyphenatedIdentifier { get; } = new("^[a-zA-Z0-9_-]+$", Alphanumeric + "_-");

    /// <summary>External ids.</summary>
    public static StringPattern ExternalId { get; } = new("^[a-zA-Z0-9_.-]+$", Alphanumeric + "_.-");

    /// <summary>Permission slugs; the asterisk is an ordinary character.</summary>
    public static StringPattern Slug { get; } = new(@"^[a-zA-Z0-9_:\-\.\*]+$", Alphanumeric + "_:-.*");

    /// <summary>The regular expression as the OpenAPI document spells it.</summary>
    public string Source { get; }

    /// <summary>Whether the whole text matches; an empty text does not.</summary>
    public bool IsMatch(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(_allowed);
}
