namespace Unkey.Server.Hosting;

/// <summary>One setting of the server: how it is spelled, what it means, and how its text becomes a value. Immutable.</summary>
internal sealed class Setting
{
    /// <summary>Reads one text into the draft. Returns what is wrong with the text, or <see langword="null"/> when it was taken.</summary>
    /// <param name="text">The value as given by the operator, never <see langword="null"/>.</param>
    /// <param name="draft">The options read so far; replaced by a copy with this value on success.</param>
    public delegate string? Reader(string text, ref ServerOptions draft);

    /// <summary>Option on the command line, with its two dashes: <c>--some-name</c>.</summary>
    public required string Option { get; init; }

    /// <summary>What the value looks like, for the help: <c>host:port</c>, <c>duration</c>.</summary>
    public required string ValueName { get; init; }

    /// <summary>What the setting does, its unit and its bounds. One or two sentences.</summary>
    public required string Description { get; init; }

    /// <summary>The default as an operator would write it, or <see langword="null"/> when there is none.</summary>
    public required string? Default { get; init; }

    /// <summary>Turns text into a value.</summary>
    public required Reader Read { get; init; }

    /// <summary>Whether the option may be given several times, which is the same as once with commas between the values.</summary>
    public bool IsList { get; init; }

    /// <summary>Whether the option may stand alone, meaning <c>true</c>.</summary>
    public bool IsFlag { get; init; }

    /// <summary>Whether the value must never be shown, not even in the message that refuses it.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Name in the environment: <c>UNKEY_SOME_NAME</c>.</summary>
    public string EnvironmentName => EnvironmentNameOf(Option);

    /// <summary>The help text: meaning, environment name, default.</summary>
    public string HelpText => Default is null ? $"{Description} [env: {EnvironmentName}]" : $"{Description} [env: {EnvironmentName}] [default: {Default}]";

    /// <summary>The environment variable that stands for an option.</summary>
    /// <param name="option">The option with its two dashes, such as <c>--max-body-size</c>.</param>
    /// <returns>The variable, such as <c>UNKEY_MAX_BODY_SIZE</c>.</returns>
    public static string EnvironmentNameOf(string option) => "UNKEY_" + option[2..].Replace('-', '_').ToUpperInvariant();

    /// <summary>A problem as one line that names where the value came from.</summary>
    /// <param name="source">The option or the environment variable.</param>
    /// <param name="text">The refused value; left out when the setting is secret.</param>
    /// <param name="problem">What is wrong with it.</param>
    /// <returns>The line, without a line end.</returns>
    public string Describe(string source, string text, string problem) =>
        IsSecret ? $"{source}: {problem}" : $"{source}: '{TextSafety.Escape(text)}' {problem}";

    /// <inheritdoc/>
    public override string ToString() => Option;
}
