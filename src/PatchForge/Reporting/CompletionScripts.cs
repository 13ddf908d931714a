namespace PatchForge.Reporting;

/// <summary>
/// What a shell evaluates to complete our command lines. Each asks the tool itself, by System.CommandLine's
/// <c>[suggest:POSITION]</c> directive, so nothing in them has to change when a command does. The line is cut at the
/// cursor, and the program is always called patchforge in it, however it was called.
/// </summary>
public static class CompletionScripts
{
    public static IReadOnlyList<string> Shells { get; } = ["bash", "zsh", "fish"];

    /// <param name="shell">One of <see cref="Shells"/>.</param>
    public static string Of(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        _ => Fish,
    };

    private const string Bash = """
        # patchforge completion for bash: eval "$(patchforge completion bash)"
        _patchforge() {
            local before="${COMP_LINE:0:COMP_POINT}"
            local line="patchforge${before#"${COMP_WORDS[0]}"}"
            local word="${COMP_WORDS[COMP_CWORD]}"
            local IFS=$'\n'
            COMPREPLY=( $(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null)" -- "$word") )
        }
        complete -o bashdefault -o default -F _patchforge patchforge

        """;

    private const string Zsh = """
        #compdef patchforge
        # patchforge completion for zsh: eval "$(patchforge completion zsh)", after compinit
        _patchforge() {
            local line="patchforge ${(j: :)words[2,CURRENT]}"
            local -a found
            found=(${(f)"$(${words[1]} "[suggest:${#line}]" "$line" 2>/dev/null)"})
            if (( $#found )); then
                compadd -- $found
            else
                _files
            fi
        }
        # As a file of fpath this is the function's own body the first time.
        if [[ ${funcstack[1]} == _patchforge ]]; then
            _patchforge
        else
            compdef _patchforge patchforge
        fi

        """;

    private const string Fish = """
        # patchforge completion for fish: patchforge completion fish | source
        function __patchforge_complete
            set -l words (commandline --tokenize --current-process --cut-at-cursor)
            set -l line (string join -- ' ' patchforge $words[2..-1] (commandline --current-token --cut-at-cursor))
            $words[1] "[suggest:"(string length -- $line)"]" $line 2>/dev/null
        end
        complete --command patchforge --arguments '(__patchforge_complete)'

        """;
}
